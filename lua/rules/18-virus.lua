-- What the virus engine says; policy acts on it, the score does not.
return {
	group = "virus",
	about = "what the virus engine says",
	{ "VIRUS", fact = true, about = "a virus was found" },
	{ "VIRUS_UNSCANNABLE", fact = true,
		about = "the engine cannot look into it" },
}
