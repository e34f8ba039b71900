"""From pictures to stacks: which belong together, where they lie, what they are called."""
