"""Documents that the core is tried on, in several scripts."""

LATIN = "emma olivia ava isabella sophia charlotte mia amelia".split()
HANGUL = "서연 지우 민준 하윤 도윤 서아".split()
EMOJI = ["🐍🧠🐍", "a👩🏽‍🚀b", "🚀🚀"]  # each a pair of surrogates in UTF-16, some joined into one picture
