#include "thread.h"

#include <csignal>
#include <memory>
#include <utility>

namespace weft {
namespace {

struct Start {
  const char* name;
  std::function<void()> body;
};

void* runBody(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  pthread_setname_np(pthread_self(), start->name);
  start->body();
  return nullptr;
}

}  // namespace

Failure Thread::start(const char* name, std::function<void()> body) {
  auto argument = std::unique_ptr<Start>(new Start{name, std::move(body)});
  // The new thread inherits the mask, so no signal handler of Node's can ever run on it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread_, nullptr, runBody, argument.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) return failed(Step::startThread, error);
  argument.release();
  running_ = true;
  return {};
}

void Thread::join() {
  if (!running_) return;
  pthread_join(thread_, nullptr);
  running_ = false;
}

}  // namespace weft
