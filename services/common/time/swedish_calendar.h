#pragma once

#include "absl/time/civil_time.h"

// The Swedish calendar: public holidays, and the days on which people work. From 1583 on, as the Gregorian calendar.
namespace nara {

// Is it a public holiday (helgdag) by name? The days of the act (1989:253); an ordinary Sunday is none here, since a
// schedule has hours for Sundays of its own. Easter Day and Whit Sunday are.
bool IsHoliday(absl::CivilDay day);

// Is it a working day? Monday to Friday, but for holidays and the eves that the holidays act (1977:480) counts as
// Sundays: Midsummer, Christmas and New Year's Eve.
bool IsWorkingDay(absl::CivilDay day);

}  // namespace nara
