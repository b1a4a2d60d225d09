"""Học Tập: the assistant through which citizens meet the learning-society scheme."""
