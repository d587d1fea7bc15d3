/**
 * The addon: the only file that knows Node. It exports a class, `Worker`, whose methods take and give
 * numbers, strings and typed arrays, and a function, `notify`; src/service/native-addon.ts has their
 * types. Arguments were validated by the caller in TypeScript: what does not fit here is a fault of
 * ours and throws.
 *
 * Owners of memory: the ArrayBuffer `memory` and the worker share one mapping, which goes when both
 * are gone, so typed arrays over it stay valid after `close`. Strings and typed arrays that are
 * passed in are copied before the call returns.
 */
#include <napi.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/notify.h"
#include "core/worker.h"

namespace {

using weft::SharedMemory;

/** Wakes JavaScript. The function does not keep the process alive: what the agent serves does. */
class JavaScriptWaker final : public weft::Waker {
 public:
  JavaScriptWaker(Napi::Env env, const Napi::Function& onWake)
      : function_(Napi::ThreadSafeFunction::New(env, onWake, "netweft", 0, 1)) {
    function_.Unref(env);
  }

  void wake() override { function_.NonBlockingCall(); }
  void release() { function_.Release(); }

 private:
  Napi::ThreadSafeFunction function_;
};

/**
 * A worker and the function it calls, which must be ended in this order: the threads, then the
 * function. Does so by itself when the environment ends first, even in the middle of `stop`.
 */
class Running {
 public:
  Running(Napi::Env env, const Napi::Function& onWake, std::shared_ptr<SharedMemory> memory)
      : env_(env), waker_(env, onWake), worker_(std::move(memory), waker_) {
    // Added after the function's own hook, so it runs before that one.
    napi_add_env_cleanup_hook(env_, onEnvironmentEnd, this);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  weft::Worker& worker() { return worker_; }
  /** On any thread; blocks until the threads are gone. */
  void stop() {
    const std::lock_guard lock(stopping_);
    worker_.stop();
  }
  /** On the main thread, after `stop` and before the destructor. */
  void release() {
    if (std::exchange(isReleased_, true)) return;
    napi_remove_env_cleanup_hook(env_, onEnvironmentEnd, this);
    waker_.release();
  }

 private:
  static void onEnvironmentEnd(void* argument) {
    auto* self = static_cast<Running*>(argument);
    self->stop();
    self->isReleased_ = true;
    self->waker_.release();
  }

  napi_env env_;
  JavaScriptWaker waker_;
  weft::Worker worker_;
  std::mutex stopping_;
  bool isReleased_ = false;
};

void throwFailure(Napi::Env env, weft::Failure failure) {
  Napi::Error error = Napi::Error::New(env, "the packet worker could not start");
  error.Set("step", Napi::Number::New(env, static_cast<double>(failure.step)));
  error.Set("errno", Napi::Number::New(env, failure.error));
  error.ThrowAsJavaScriptException();
}

/** Joins the threads off the main thread: removing devices takes the kernel milliseconds each. */
class CloseTask final : public Napi::AsyncWorker {
 public:
  CloseTask(Napi::Env env, std::shared_ptr<Running> running)
      : Napi::AsyncWorker(env, "netweft close"),
        deferred_(Napi::Promise::Deferred::New(env)),
        running_(std::move(running)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { running_->stop(); }
  void OnOK() override {
    running_->release();
    deferred_.Resolve(Env().Undefined());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Running> running_;
};

/** Reads pairs of address and length. */
std::vector<weft::Ipv4Prefix> readPrefixes(const Napi::Value& value) {
  const auto numbers = value.As<Napi::Uint32Array>();
  std::vector<weft::Ipv4Prefix> prefixes;
  for (size_t i = 0; i + 1 < numbers.ElementLength(); i += 2) {
    prefixes.push_back({numbers[i], static_cast<uint8_t>(numbers[i + 1])});
  }
  return prefixes;
}

class Worker final : public Napi::ObjectWrap<Worker> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Worker",
                       {InstanceMethod("openDevice", &Worker::openDevice),
                        InstanceMethod("removeDevice", &Worker::removeDevice), InstanceMethod("signal", &Worker::signal),
                        InstanceMethod("close", &Worker::close), InstanceAccessor("memory", &Worker::memory, nullptr)});
  }

  /** (address, port, ringCapacity, onWake): throws an Error with `step` and `errno` where the kernel refused. */
  explicit Worker(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Worker>(info) {
    const Napi::Env env = info.Env();
    if (info.Length() != 4 || !info[0].IsNumber() || !info[1].IsNumber() || !info[2].IsNumber() ||
        !info[3].IsFunction()) {
      Napi::TypeError::New(env, "Worker(address, port, ringCapacity, onWake)").ThrowAsJavaScriptException();
      return;
    }
    auto memory = SharedMemory::allocate(info[2].As<Napi::Number>().Uint32Value());
    if (memory == nullptr) {
      Napi::Error::New(env, "no memory for rings of this capacity").ThrowAsJavaScriptException();
      return;
    }
    auto running = std::make_shared<Running>(env, info[3].As<Napi::Function>(), memory);
    const auto port = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
    if (const auto failure = running->worker().start(info[0].As<Napi::Number>().Uint32Value(), port)) {
      running->stop();
      running->release();
      throwFailure(env, failure);
      return;
    }
    running_ = std::move(running);
    memory_ = Napi::Persistent(shareMemory(env, std::move(memory)));
  }

  void Finalize(Napi::BasicEnv) override {
    if (running_ == nullptr) return;
    running_->stop();
    running_->release();
  }

 private:
  static Napi::ArrayBuffer shareMemory(Napi::Env env, std::shared_ptr<SharedMemory> memory) {
    auto* owner = new std::shared_ptr<SharedMemory>(std::move(memory));
    return Napi::ArrayBuffer::New(
        env, (*owner)->bytes(), (*owner)->size(),
        [](Napi::BasicEnv, void*, std::shared_ptr<SharedMemory>* held) { delete held; }, owner);
  }

  Napi::Value memory(const Napi::CallbackInfo&) { return memory_.Value(); }

  /** (id, name, namespacePath, mtu, addresses, routes); the last two are pairs of address and length. */
  void openDevice(const Napi::CallbackInfo& info) {
    if (info.Length() != 6 || !info[0].IsNumber() || !info[1].IsString() || !info[2].IsString() ||
        !info[3].IsNumber() || !isPairs(info[4]) || !isPairs(info[5])) {
      Napi::TypeError::New(info.Env(), "openDevice(id, name, namespacePath, mtu, addresses, routes)")
          .ThrowAsJavaScriptException();
      return;
    }
    if (running_ == nullptr) return;
    running_->worker().openDevice({info[0].As<Napi::Number>().Uint32Value(), info[1].As<Napi::String>().Utf8Value(),
                                   info[2].As<Napi::String>().Utf8Value(), info[3].As<Napi::Number>().Uint32Value(),
                                   readPrefixes(info[4]), readPrefixes(info[5])});
  }

  static bool isPairs(const Napi::Value& value) {
    return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint32_array;
  }

  void removeDevice(const Napi::CallbackInfo& info) {
    if (running_ != nullptr) running_->worker().removeDevice(info[0].ToNumber().Uint32Value());
  }

  void signal(const Napi::CallbackInfo&) {
    if (running_ != nullptr) running_->worker().signal();
  }

  /** Resolves when every device, socket and thread is gone; at once if they are already. */
  Napi::Value close(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (running_ == nullptr) {
      const auto deferred = Napi::Promise::Deferred::New(env);
      deferred.Resolve(env.Undefined());
      return deferred.Promise();
    }
    auto* task = new CloseTask(env, std::move(running_));
    task->Queue();
    return task->promise();
  }

  std::shared_ptr<Running> running_;
  Napi::Reference<Napi::ArrayBuffer> memory_;
};

/** (path, message): 0, or the errno. */
Napi::Value notify(const Napi::CallbackInfo& info) {
  if (info.Length() != 2 || !info[0].IsString() || !info[1].IsString()) {
    Napi::TypeError::New(info.Env(), "notify(path, message)").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  const std::string path = info[0].As<Napi::String>();
  const std::string message = info[1].As<Napi::String>();
  return Napi::Number::New(info.Env(), weft::notify(path, message));
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("Worker", Worker::define(env));
  exports.Set("notify", Napi::Function::New(env, notify, "notify"));
  return exports;
}

}  // namespace

NODE_API_MODULE(netweft, initialize)
