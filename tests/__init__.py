"""The tests mirror the house; after every one of them `verify` must find nothing."""
