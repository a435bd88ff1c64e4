"""The sample sheet of the demonstration and the tests: made up, in the layout of a real one."""
