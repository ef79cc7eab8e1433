# Rows of a struct row from common/policy/data/sender-id.tsv, by country.
BEGIN { FS = "\t" }
/^#/ || $1 == "country" { next }
{
	alpha = $2 ~ /^supported/ ? "SENDER_ID_YES" : $2 ~ /^pre-registration/ ? "SENDER_ID_REGISTERED" : \
		$2 ~ /^not supported/ ? "SENDER_ID_NO" : "SENDER_ID_REGISTERED"
	printf "{\"%s\", %s, %s},\n", $1, alpha, $5 == "no" ? "true" : "false" | "LC_ALL=C sort"
}
