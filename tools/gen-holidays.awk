# Rows of a struct holiday_text from common/policy/data/holidays.tsv, those of a jurisdiction together.
BEGIN { FS = "\t" }
/^#/ || $1 == "jurisdiction" { next }
{ gsub(/["\\]/, "", $3); printf "{\"%s\", \"%s\", \"%s\"},\n", $1, $2, $3 }
