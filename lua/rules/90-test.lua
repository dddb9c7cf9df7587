-- What is there to try a filter with.
return {
	group = "test",
	about = "tests of the filter itself",
	{ "GTUBE", fact = true,
		about = "the line that stands for spam in tests" },
}
