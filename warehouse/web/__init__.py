"""The door: who is asking, one URL with several answers, errors that say what to do."""
