"""The sample sheet that the demonstration and the tests read: made up, in the layout of a real one."""
