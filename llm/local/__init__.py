"""Models in the box: GGUF files of this machine, answered by llama.cpp in child processes on loopback.

`shelf` knows the files, `gguf` reads what they say of themselves, `fit` how much memory they need, `fetching` gets new
ones, `engines` starts, shares and ends the processes, `child` is such a process, and `slots` tells whether it is at
work. None of it is imported until a model is looked at, and no web process ever loads one.
"""
