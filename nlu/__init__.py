"""Understanding of Vietnamese messages: text in, `Parse` out; knows nothing of the bot around it."""
