"""The page of packages: what each is for and not for, how good, under which licence."""
