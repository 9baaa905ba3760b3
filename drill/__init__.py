"""The fault drills: real faults and real kills against the whole running product, and an account of what they cost."""
