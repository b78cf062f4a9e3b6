// The scan field: see docs/story.md.
