"""MONAI bundles: a published configuration becomes a package, or the reason why it cannot."""
