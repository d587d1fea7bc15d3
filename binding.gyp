{
  'targets': [
    {
      'target_name': 'netweft',
      'sources': [
        'native/binding.cc',
        'native/core/device_thread.cc',
        'native/core/fair_ring.cc',
        'native/core/netlink.cc',
        'native/core/notify.cc',
        'native/core/ring.cc',
        'native/core/shared_memory.cc',
        'native/core/thread.cc',
        'native/core/tun.cc',
        'native/core/underlay.cc',
        'native/core/worker.cc',
      ],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': [
        'NAPI_VERSION=9',
        'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        '_GLIBCXX_ASSERTIONS',
      ],
      'cflags': [
        '-O2',
        '-Wall',
        '-Wextra',
        '-Werror',
        '-U_FORTIFY_SOURCE',
        '-D_FORTIFY_SOURCE=2',
        '-fstack-protector-strong',
        '-fstack-clash-protection',
        '-fvisibility=hidden',
      ],
      'cflags_cc': [
        '-std=c++20',
      ],
      'ldflags': ['-Wl,-z,relro,-z,now', '-Wl,-z,noexecstack'],
      'conditions': [
        ['target_arch=="x64"', {'cflags': ['-fcf-protection']}],
        ['target_arch=="arm64"', {'cflags': ['-mbranch-protection=standard']}],
      ],
    },
  ],
}
