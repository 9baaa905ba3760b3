"""The performance of the main job, each figure as a ratio to a ceiling measured in the same run.

A ceiling does the irreducible input and output of an operation on the same servers, with none of our code.
"""
