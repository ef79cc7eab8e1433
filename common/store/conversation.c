#include "common/store/sql.h"

#include "common/banned.h"

const char conversation_schema[] = "";
