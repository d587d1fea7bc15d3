#pragma once

#include <functional>

#include <pthread.h>

#include "failure.h"

namespace weft {

/** A named thread on which every signal is blocked. Unlike std::thread it reports a refused start. */
class Thread {
 public:
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() { join(); }

  /** `name` is a literal of at most 15 bytes. */
  Failure start(const char* name, std::function<void()> body);
  /** Waits for the end of the body; nothing if the thread was never started. */
  void join();

 private:
  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace weft
