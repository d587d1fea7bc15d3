#pragma once

#include <cerrno>
#include <cstdint>

namespace weft {

/** What was being done when it failed; src/agent/io/native-failure.ts has the same numbers. */
enum class Step : uint8_t {
  none = 0,
  openTun = 1,
  createDevice = 2,
  openNamespace = 3,
  enterNamespace = 4,
  moveDevice = 5,
  netlink = 6,
  configureLink = 7,
  addAddress = 8,
  bringUp = 9,
  addRoute = 10,
  openSocket = 11,
  bind = 12,
  startThread = 13,
  poll = 14,
  receive = 15,
  ring = 16,
};

/** A step and the errno it failed with; `step` is `none` where nothing failed. */
struct [[nodiscard]] Failure {
  Step step = Step::none;
  int error = 0;

  explicit operator bool() const { return step != Step::none; }
};

inline Failure failed(Step step, int error = errno) { return {step, error}; }

}  // namespace weft
