"""The page in which the program is used without installing it, and the two backs that it has.

What is where:

tasks       what the page asks for, and what it is answered: the same for both backs
worker      a process that carries out tasks for strangers
crew        the processes, and whoever waits for one
assets      the page's files; assets/ holds them
policy      what a browser may do with the page, and which requests are none of ours
bodies      what is sent, within limits of size and time
app         the page with the installed program behind it
serving     the server that carries it
"""
