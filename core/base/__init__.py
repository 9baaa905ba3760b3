"""The ground floor: values and tools that every area stands on and may import; it imports no area."""
