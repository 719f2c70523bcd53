"""Language models: what they are asked, how their answers are read, and the server that gives them."""
