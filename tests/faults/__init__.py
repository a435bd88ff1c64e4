"""What kills, losses and floods leave behind."""
