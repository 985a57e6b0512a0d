//! End-to-end stories: the real programs, used the way people use them. One file a story.
