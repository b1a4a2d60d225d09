"""What officials send to citizens: campaigns, audiences, broadcasts, their rules. Nothing does I/O."""
