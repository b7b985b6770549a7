#pragma once

#include <string>
#include <string_view>

#include "libs/core/clock.h"

/// Values as people read them. Pure; English, as all of the widget.
namespace accoil::widget {

/// With separators for thousands and at most two decimals, none where they are zero: 12,345.6.
std::string FormatNumber(double value);
/// A share in percent as Accoil states it, 0 to 100: 57%.
std::string FormatPercent(double value);
/// A difference with its sign, as FormatNumber: +12, −3, ±0.
std::string FormatChange(double difference);
/// A day in UTC: 21 Nov 2026.
std::string FormatDate(core::TimePoint time);
/// How long ago, in days of UTC: today, yesterday, 3 days ago, 2 months ago, 1 year ago; and for
/// what lies ahead: tomorrow, in 3 days.
std::string FormatAgo(core::TimePoint time, core::TimePoint now);
/// FormatAgo with the date: 3 days ago (21 Nov 2026).
std::string FormatMoment(core::TimePoint time, core::TimePoint now);
/// "1 user", "1,200 users"; `one` is the singular, which an s makes plural.
std::string FormatCount(std::int64_t count, std::string_view one);

/// The word for an engagement score, by the bounds of Accoil's ready-made segments: Most Engaged
/// above 75, Slightly Engaged from 50, Passive from 25, else Least Engaged.
std::string_view ScoreWord(double score);

/// A trait's name as a label: ActivationRate is Activation rate; LTV stays LTV.
std::string FormatLabel(std::string_view trait);

/// Text from outside for a component that obeys Markdown: what could be markup (* _ [ ] ` < >)
/// becomes characters that look alike, line breaks become spaces. Escapes would not do: which of
/// them the Inbox honours is not documented.
std::string PlainInMarkdown(std::string_view text);
/// At most `most` characters (code points), the last one an ellipsis when some were left out.
std::string Shorten(std::string_view text, std::size_t most);

}  // namespace accoil::widget
