#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/widget/components.h"
#include "services/widget/inbox.h"

/// How the traits and segments of a subject read. What is missing reads so and hides nothing else.
namespace accoil::widget {

/// A value by its type and, for the traits that Accoil defines, by its meaning: "83 · Most
/// Engaged", "57%", "4 of 7 days", "3 days ago (21 Nov 2026)". A value of another type than the
/// catalogue's reads as it is.
std::string ReadValue(const TraitDefinition& trait, const Value& value, core::TimePoint now);

/// How much a number has changed within the week; nothing when it has not, or is none.
std::optional<double> ChangeOf(const Trait& trait);

/// A line for each of the traits that are named, in that order, "no data yet" where there is none;
/// then one for each further trait of the catalogue that is measured on the subject, where it has a
/// value; then the segments.
std::vector<Field> ReadMeasures(const Profile& profile, const Subject& subject,
                                const std::vector<std::string_view>& first, core::TimePoint now);

/// Names joined by commas; of very many the first, "and 37 more".
std::string ReadSegments(const std::vector<Segment>& segments);

/// What changed within the week, the weightiest first: numbers that rose or fell, segments that
/// were entered and left.
std::vector<ListItem> ReadChanges(const Profile& profile, const Subject& subject,
                                  core::TimePoint now);

/// The subject's measures in a profile; empty ones when it has none.
const Measures& MeasuresOf(const Subject& subject, const Profile& profile);

}  // namespace accoil::widget
