"""Engines that answer chats, behind one interface: ``sampler.py`` says what it is, ``open.py`` finds the right one."""
