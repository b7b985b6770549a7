#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libs/conditions/subject_fixture.h"
#include "tests/property/mutator.h"

/// Conditions made up at random, each with its meaning said a second time, without the language.
namespace accoil::conditions::test {

using accoil::test::Mutator;

const Schema& ModelSchema();

struct Model {
  std::string text;
  std::function<bool(const Subject& subject, core::TimePoint now)> holds;
};

/// A condition of few parts, written with needless parentheses and white space here and there.
Model RandomCondition(Mutator& random);

/// A subject with some of the values that RandomCondition speaks of, and near them.
Subject RandomSubject(Mutator& random, core::TimePoint now);

/// The moments at which an age that RandomCondition speaks of is reached by the subject's dates,
/// and the microseconds before and after; ascending.
std::vector<core::TimePoint> Moments(const Subject& subject);

}  // namespace accoil::conditions::test
