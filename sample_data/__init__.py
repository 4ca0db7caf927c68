"""The exports of a fictitious company, and the generator that writes them byte for byte the same every time."""
