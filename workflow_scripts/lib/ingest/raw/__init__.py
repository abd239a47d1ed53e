"""Raw sources: fetched unaltered, and read into tables of text in which nothing has been guessed."""
