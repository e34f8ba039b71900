"""Inputs with planted faults, what each must come to, and what today's readers make of them."""
