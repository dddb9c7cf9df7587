-- What the trained model makes of a message, in the parts it weighs apart.
return {
	group = "content",
	about = "what the trained model says; train it with pm train",
	{ "CONTENT_TEXT", fact = true, about = "its words" },
	{ "CONTENT_STRUCTURE", fact = true, about = "how it is made" },
	{ "CONTENT_LINKS", fact = true, about = "its links" },
	{ "CONTENT_SENDER", fact = true, about = "its sender" },
	{ "CONTENT_CAP", fact = true, about = "no part counts more" },
	{ "CONTENT_FEEDBACK", fact = true, about = "what people said of its like" },
}
