"""Other libraries' interfaces on retainkit's models: import the room of the library you come from."""
