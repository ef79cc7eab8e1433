# Rows of a struct range from common/line/data/grapheme.tsv, which is in ascending order.
BEGIN { FS = "\t" }
/^#/ || $1 == "first" { next }
{ printf "{0x%s, 0x%s, CLASS_%s},\n", $1, $2, toupper($3) }
