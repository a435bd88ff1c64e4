"""What meets a person or another machine."""
