// The one place that compiles Boost.JSON: Debian ships it as headers too.
#include <boost/json/src.hpp>
