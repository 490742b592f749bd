from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render

from people.forms import ProfileForm
from people.models import Profile


@login_required
def edit(request):
    profile, _ = Profile.objects.get_or_create(user=request.user)
    form = ProfileForm(request.POST or None, request.FILES or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("member", pk=request.user.pk)
    return render(request, "people/edit.html", {"form": form})


def member(request, pk):
    return render(request, "people/member.html", {"member": get_object_or_404(get_user_model(), pk=pk)})
