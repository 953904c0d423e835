"""What the figures in the documentation are made by; not part of the package."""
