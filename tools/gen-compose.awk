# Rows of a struct pair from common/sms/data/compose.tsv, in the order of the file.
BEGIN { FS = "\t" }
/^#/ || $1 == "base" { next }
{ printf "{0x%s, 0x%s, 0x%s},\n", $1, $2, $3 }
