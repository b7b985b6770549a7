#include "services/connections/oauth_state.h"

#include "tests/catch.h"

namespace accoil::connections {

TEST_CASE("the authorize URL carries the app, the way back and the state, each encoded") {
  CHECK(AuthorizeUrl("https://app.intercom.com/oauth", "an app", RedirectUri("https://x.io:8443"),
                     "st-at_e") ==
        "https://app.intercom.com/oauth?client_id=an%20app&redirect_uri=https%3A%2F%2Fx.io%3A8443"
        "%2Fintercom%2Foauth%2Fcallback&state=st-at_e");
  CHECK(AuthorizeUrl("http://sim/oauth?v=1", "a", "b", "c") ==
        "http://sim/oauth?v=1&client_id=a&redirect_uri=b&state=c");
}

TEST_CASE("why a state is not usable: unknown, then used, then expired") {
  CHECK(WhyNotUsable(std::nullopt) == v1::CONNECT_STATE_UNKNOWN);
  StoredOAuthState state;
  CHECK(WhyNotUsable(state) == v1::CONNECT_STATE_EXPIRED);
  state.used_at = core::TimePoint();
  CHECK(WhyNotUsable(state) == v1::CONNECT_STATE_USED);
}

}  // namespace accoil::connections
