# Rows of a struct content_row from common/policy/data/content.tsv, in the order of the file.
BEGIN { FS = "\t" }
/^#/ || $1 == "row" { next }
{
	check = toupper($5)
	gsub(/-/, "_", check)
	printf "{\"%s\", \"%s\", 1u << PURPOSE_%s, \"%s\", CONTENT_%s, \"%s\", \"%s\"},\n", $1, $2, toupper($3), $4, check, $6, $7
}
