"""How Korean writes days and times; what is not here is Django's own."""

DATETIME_FORMAT = "Y년 n월 j일 H:i T"
TIME_FORMAT = "H:i"
SHORT_DATE_FORMAT = "Y. n. j."
SHORT_DATETIME_FORMAT = "Y. n. j. H:i"
