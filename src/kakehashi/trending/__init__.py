"""What is most read and most discussed, here and on sister sites."""
