"""The faulty or steerable halves of the interfaces, shipped for our tests and for users'."""
