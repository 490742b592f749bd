"""The settings of the site, by subject, read once from the environment (see .env.example).

They are safe unless told otherwise: only LOCAL_STACK=1 brings defaults that would be wrong on the open internet.
"""

from avatarsite.settings.database import *  # noqa: F403
from avatarsite.settings.languages import *  # noqa: F403
from avatarsite.settings.logs import *  # noqa: F403
from avatarsite.settings.mail import *  # noqa: F403
from avatarsite.settings.nft import *  # noqa: F403
from avatarsite.settings.observe import *  # noqa: F403
from avatarsite.settings.operator import *  # noqa: F403
from avatarsite.settings.pictures import *  # noqa: F403
from avatarsite.settings.queue import *  # noqa: F403
from avatarsite.settings.security import *  # noqa: F403
from avatarsite.settings.sign_in import *  # noqa: F403
from avatarsite.settings.site import *  # noqa: F403
from avatarsite.settings.stores import *  # noqa: F403
