"""The page in which the program is used without installing it, and the two backs that it has.

What is where:

tasks       what the page asks for, and what it is answered: the same for both backs
files       the page's files; assets/ holds them
policy      what a browser may do with the page, and which requests are none of ours
bytecode    what a browser compiles of the program, once it has it
server/     the back with the installed program: `serve`
static/     the back without a server, in the reader's browser: `site`
"""
