"""How Japanese writes days and times; what is not here is Django's own."""

DATETIME_FORMAT = "Y年n月j日 H:i T"
TIME_FORMAT = "H:i"
SHORT_DATE_FORMAT = "Y年n月j日"
SHORT_DATETIME_FORMAT = "Y年n月j日 H:i"
