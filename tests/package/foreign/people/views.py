from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render

from people.forms import ProfileForm
from people.models import Profile


@login_required
def edit(request):
    profile, _ = Profile.objects.get_or_create(user=request.user)
    form = ProfileForm(request.POST or None, request.FILES or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("edit")
    return render(request, "people/profile.html", {"form": form})
